// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

@JsonIgnoreProperties(ignoreUnknown = true)
public class Meta {
    private String causationID;
    private String correlationID;
    private String eventID;
    private String imageKey;
    private String occurredAt;
    private String producer;
    private String revision;
    private long schemaVersion;
    private Usage usage;
    private String versionID;

    /**
     * The event_id of the event that led to this one.
     */
    @JsonProperty("causation_id")
    public String getCausationID() { return causationID; }
    @JsonProperty("causation_id")
    public void setCausationID(String value) { this.causationID = value; }

    /**
     * The event_id of the upload at the root.
     */
    @JsonProperty("correlation_id")
    public String getCorrelationID() { return correlationID; }
    @JsonProperty("correlation_id")
    public void setCorrelationID(String value) { this.correlationID = value; }

    /**
     * The same for the same fact, however often it is delivered: use it to handle a fact once.
     */
    @JsonProperty("event_id")
    public String getEventID() { return eventID; }
    @JsonProperty("event_id")
    public void setEventID(String value) { this.eventID = value; }

    /**
     * The S3 key of the image, as its uploader chose it.
     */
    @JsonProperty("image_key")
    public String getImageKey() { return imageKey; }
    @JsonProperty("image_key")
    public void setImageKey(String value) { this.imageKey = value; }

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
     * Orders the uploads of one key: greater, compared as text, is newer.
     */
    @JsonProperty("revision")
    public String getRevision() { return revision; }
    @JsonProperty("revision")
    public void setRevision(String value) { this.revision = value; }

    /**
     * The version of `data`.
     */
    @JsonProperty("schema_version")
    public long getSchemaVersion() { return schemaVersion; }
    @JsonProperty("schema_version")
    public void setSchemaVersion(long value) { this.schemaVersion = value; }

    @JsonProperty("usage")
    public Usage getUsage() { return usage; }
    @JsonProperty("usage")
    public void setUsage(Usage value) { this.usage = value; }

    /**
     * The S3 version of the upload.
     */
    @JsonProperty("version_id")
    public String getVersionID() { return versionID; }
    @JsonProperty("version_id")
    public void setVersionID(String value) { this.versionID = value; }
}
