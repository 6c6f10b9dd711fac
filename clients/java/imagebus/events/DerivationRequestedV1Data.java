// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

/**
 * Derive what the recipe asks for from an image that is there already. Nobody is notified.
 *
 * The stages that are not in `stages` have nothing to do. `present` and `marked` are
 * objects that the recipe shares with others and that need not be made again.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class DerivationRequestedV1Data {
    private String bucket;
    private String etag;
    private List<Box> faces;
    private String format;
    private long frames;
    private Long generation;
    private Copy marked;
    private List<Thumbnail> present;
    private String recipe;
    private List<String> stages;

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

    @JsonProperty("faces")
    public List<Box> getFaces() { return faces; }
    @JsonProperty("faces")
    public void setFaces(List<Box> value) { this.faces = value; }

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

    /**
     * Integer, from 0.
     */
    @JsonProperty("generation")
    public Long getGeneration() { return generation; }
    @JsonProperty("generation")
    public void setGeneration(Long value) { this.generation = value; }

    @JsonProperty("marked")
    public Copy getMarked() { return marked; }
    @JsonProperty("marked")
    public void setMarked(Copy value) { this.marked = value; }

    @JsonProperty("present")
    public List<Thumbnail> getPresent() { return present; }
    @JsonProperty("present")
    public void setPresent(List<Thumbnail> value) { this.present = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("recipe")
    public String getRecipe() { return recipe; }
    @JsonProperty("recipe")
    public void setRecipe(String value) { this.recipe = value; }

    /**
     * Array of `thumbnailer`, `watermarker`.
     */
    @JsonProperty("stages")
    public List<String> getStages() { return stages; }
    @JsonProperty("stages")
    public void setStages(List<String> value) { this.stages = value; }
}
