// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * No labels were requested or available; they are never made up.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class LabelsSkippedV1Data {
    private String reason;

    /**
     * String, up to 1000 characters.
     */
    @JsonProperty("reason")
    public String getReason() { return reason; }
    @JsonProperty("reason")
    public void setReason(String value) { this.reason = value; }
}
