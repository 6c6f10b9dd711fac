// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.Map;

/**
 * The bytes are an image that the pipeline accepts. Width and height are as displayed.
 *
 * Version 2 added the formats that are accepted only where `AcceptedFormats` names them.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ImageValidatedV2Data {
    private String bucket;
    private String etag;
    private String format;
    private long frames;
    private boolean hasAlpha;
    private String hdr;
    private long height;
    private String mime;
    private String mode;
    private long orientation;
    private String recipe;
    private String sha256;
    private long size;
    private Trailer trailer;
    private Boolean truncated;
    private Map<String, String> userMetadata;
    private long width;

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
     * One of: AVIF, GIF, HEIF, JPEG, JXL, PNG, TIFF, WEBP.
     */
    @JsonProperty("format")
    public String getFormat() { return format; }
    @JsonProperty("format")
    public void setFormat(String value) { this.format = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("frames")
    public long getFrames() { return frames; }
    @JsonProperty("frames")
    public void setFrames(long value) { this.frames = value; }

    @JsonProperty("has_alpha")
    public boolean getHasAlpha() { return hasAlpha; }
    @JsonProperty("has_alpha")
    public void setHasAlpha(boolean value) { this.hasAlpha = value; }

    /**
     * `gain-map`, `hlg`, `pq`.
     */
    @JsonProperty("hdr")
    public String getHdr() { return hdr; }
    @JsonProperty("hdr")
    public void setHdr(String value) { this.hdr = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("height")
    public long getHeight() { return height; }
    @JsonProperty("height")
    public void setHeight(long value) { this.height = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("mime")
    public String getMIME() { return mime; }
    @JsonProperty("mime")
    public void setMIME(String value) { this.mime = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("mode")
    public String getMode() { return mode; }
    @JsonProperty("mode")
    public void setMode(String value) { this.mode = value; }

    /**
     * Integer, 1 to 8.
     */
    @JsonProperty("orientation")
    public long getOrientation() { return orientation; }
    @JsonProperty("orientation")
    public void setOrientation(long value) { this.orientation = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("recipe")
    public String getRecipe() { return recipe; }
    @JsonProperty("recipe")
    public void setRecipe(String value) { this.recipe = value; }

    /**
     * String `^[0-9a-f]{64}$`.
     */
    @JsonProperty("sha256")
    public String getSha256() { return sha256; }
    @JsonProperty("sha256")
    public void setSha256(String value) { this.sha256 = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("size")
    public long getSize() { return size; }
    @JsonProperty("size")
    public void setSize(long value) { this.size = value; }

    @JsonProperty("trailer")
    public Trailer getTrailer() { return trailer; }
    @JsonProperty("trailer")
    public void setTrailer(Trailer value) { this.trailer = value; }

    @JsonProperty("truncated")
    public Boolean getTruncated() { return truncated; }
    @JsonProperty("truncated")
    public void setTruncated(Boolean value) { this.truncated = value; }

    @JsonProperty("user_metadata")
    public Map<String, String> getUserMetadata() { return userMetadata; }
    @JsonProperty("user_metadata")
    public void setUserMetadata(Map<String, String> value) { this.userMetadata = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("width")
    public long getWidth() { return width; }
    @JsonProperty("width")
    public void setWidth(long value) { this.width = value; }
}
