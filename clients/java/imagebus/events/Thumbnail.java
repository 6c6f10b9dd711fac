// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * One derived image. `name` is its variant's: of today's default recipe the box, such as
 * `320x320`.
 *
 * A variant with several formats has an item for each. `variant` identifies what made it:
 * recipes that ask for the same share the object.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class Thumbnail {
    private String bucket;
    private long bytes;
    private String format;
    private long height;
    private String key;
    private String name;
    private String sha256;
    private String variant;
    private long width;

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("bucket")
    public String getBucket() { return bucket; }
    @JsonProperty("bucket")
    public void setBucket(String value) { this.bucket = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("bytes")
    public long getBytes() { return bytes; }
    @JsonProperty("bytes")
    public void setBytes(long value) { this.bytes = value; }

    /**
     * One of: AVIF, GIF, HEIF, JPEG, PNG, WEBP.
     */
    @JsonProperty("format")
    public String getFormat() { return format; }
    @JsonProperty("format")
    public void setFormat(String value) { this.format = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("height")
    public long getHeight() { return height; }
    @JsonProperty("height")
    public void setHeight(long value) { this.height = value; }

    /**
     * String, up to 1024 characters.
     */
    @JsonProperty("key")
    public String getKey() { return key; }
    @JsonProperty("key")
    public void setKey(String value) { this.key = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("name")
    public String getName() { return name; }
    @JsonProperty("name")
    public void setName(String value) { this.name = value; }

    /**
     * String `^[0-9a-f]{64}$`.
     */
    @JsonProperty("sha256")
    public String getSha256() { return sha256; }
    @JsonProperty("sha256")
    public void setSha256(String value) { this.sha256 = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("variant")
    public String getVariant() { return variant; }
    @JsonProperty("variant")
    public void setVariant(String value) { this.variant = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("width")
    public long getWidth() { return width; }
    @JsonProperty("width")
    public void setWidth(long value) { this.width = value; }
}
