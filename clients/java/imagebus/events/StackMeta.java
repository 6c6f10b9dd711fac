// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * Of an event about the stack as a whole.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class StackMeta {
    private String eventID;
    private String occurredAt;
    private String producer;
    private long schemaVersion;

    /**
     * The same for the same fact, however often it is delivered: use it to handle a fact once.
     */
    @JsonProperty("event_id")
    public String getEventID() { return eventID; }
    @JsonProperty("event_id")
    public void setEventID(String value) { this.eventID = value; }

    /**
     * RFC 3339, in UTC, with milliseconds.
     */
    @JsonProperty("occurred_at")
    public String getOccurredAt() { return occurredAt; }
    @JsonProperty("occurred_at")
    public void setOccurredAt(String value) { this.occurredAt = value; }

    /**
     * The service that published the event.
     */
    @JsonProperty("producer")
    public String getProducer() { return producer; }
    @JsonProperty("producer")
    public void setProducer(String value) { this.producer = value; }

    /**
     * The version of `data`.
     */
    @JsonProperty("schema_version")
    public long getSchemaVersion() { return schemaVersion; }
    @JsonProperty("schema_version")
    public void setSchemaVersion(long value) { this.schemaVersion = value; }
}
