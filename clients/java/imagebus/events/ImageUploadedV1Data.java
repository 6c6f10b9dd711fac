// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * An object was written to the uploads bucket.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ImageUploadedV1Data {
    private String bucket;
    private String etag;
    private String reason;
    private long size;
    private String uploadedAt;

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("bucket")
    public String getBucket() { return bucket; }
    @JsonProperty("bucket")
    public void setBucket(String value) { this.bucket = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("etag")
    public String getEtag() { return etag; }
    @JsonProperty("etag")
    public void setEtag(String value) { this.etag = value; }

    /**
     * String, up to 1000 characters.
     */
    @JsonProperty("reason")
    public String getReason() { return reason; }
    @JsonProperty("reason")
    public void setReason(String value) { this.reason = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("size")
    public long getSize() { return size; }
    @JsonProperty("size")
    public void setSize(long value) { this.size = value; }

    /**
     * String, up to 1000 characters.
     */
    @JsonProperty("uploaded_at")
    public String getUploadedAt() { return uploadedAt; }
    @JsonProperty("uploaded_at")
    public void setUploadedAt(String value) { this.uploadedAt = value; }
}
