// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;
import java.util.Map;

/**
 * Properties, an allow-list of EXIF (never a position or a serial number), colours and
 * hashes.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class MetadataExtractedV1Data {
    private List<String> dominantColors;
    private Map<String, Object> exif;
    private String phash;
    private Map<String, Object> properties;
    private String thumbhash;

    /**
     * Array of string `^#[0-9a-f]{6}$`.
     */
    @JsonProperty("dominant_colors")
    public List<String> getDominantColors() { return dominantColors; }
    @JsonProperty("dominant_colors")
    public void setDominantColors(List<String> value) { this.dominantColors = value; }

    @JsonProperty("exif")
    public Map<String, Object> getExif() { return exif; }
    @JsonProperty("exif")
    public void setExif(Map<String, Object> value) { this.exif = value; }

    /**
     * String, up to 200 characters.
     */
    @JsonProperty("phash")
    public String getPhash() { return phash; }
    @JsonProperty("phash")
    public void setPhash(String value) { this.phash = value; }

    @JsonProperty("properties")
    public Map<String, Object> getProperties() { return properties; }
    @JsonProperty("properties")
    public void setProperties(Map<String, Object> value) { this.properties = value; }

    /**
     * String, up to 200 characters.
     */
    @JsonProperty("thumbhash")
    public String getThumbhash() { return thumbhash; }
    @JsonProperty("thumbhash")
    public void setThumbhash(String value) { this.thumbhash = value; }
}
