// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

/** Any event of the pipeline. Find out which with instanceof: an ImageValidatedV2, say. */
public interface ImagebusEvent {
    String getDetailType();
    String getSource();
    String getID();
    String getTime();
    /** Only in replayed events, else null. */
    String getReplayName();
}
