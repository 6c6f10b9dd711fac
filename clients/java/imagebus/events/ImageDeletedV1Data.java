// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * The key has no current object: its newest version is a delete marker, or no version is
 * left.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ImageDeletedV1Data {
    private String bucket;
    private String deletionType;
    private Boolean permanent;

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("bucket")
    public String getBucket() { return bucket; }
    @JsonProperty("bucket")
    public void setBucket(String value) { this.bucket = value; }

    /**
     * Always Delete Marker Created.
     */
    @JsonProperty("deletion_type")
    public String getDeletionType() { return deletionType; }
    @JsonProperty("deletion_type")
    public void setDeletionType(String value) { this.deletionType = value; }

    @JsonProperty("permanent")
    public Boolean getPermanent() { return permanent; }
    @JsonProperty("permanent")
    public void setPermanent(Boolean value) { this.permanent = value; }
}
