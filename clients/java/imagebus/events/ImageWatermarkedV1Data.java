// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * A watermarked copy was written.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ImageWatermarkedV1Data {
    private String bucket;
    private long bytes;
    private String format;
    private Long generation;
    private long height;
    private String key;
    private String recipe;
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
     * Integer, from 0.
     */
    @JsonProperty("generation")
    public Long getGeneration() { return generation; }
    @JsonProperty("generation")
    public void setGeneration(Long value) { this.generation = value; }

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
    @JsonProperty("recipe")
    public String getRecipe() { return recipe; }
    @JsonProperty("recipe")
    public void setRecipe(String value) { this.recipe = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("width")
    public long getWidth() { return width; }
    @JsonProperty("width")
    public void setWidth(long value) { this.width = value; }
}
