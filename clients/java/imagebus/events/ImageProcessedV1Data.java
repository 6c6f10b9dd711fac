// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.Map;

/**
 * Every required fact is present: the final success. `stages` maps a stage to its
 * milliseconds.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ImageProcessedV1Data {
    private Map<String, Long> counts;
    private long durationMS;
    private String format;
    private Long height;
    private Map<String, Long> stages;
    private String topLabel;
    private Long width;

    @JsonProperty("counts")
    public Map<String, Long> getCounts() { return counts; }
    @JsonProperty("counts")
    public void setCounts(Map<String, Long> value) { this.counts = value; }

    @JsonProperty("duration_ms")
    public long getDurationMS() { return durationMS; }
    @JsonProperty("duration_ms")
    public void setDurationMS(long value) { this.durationMS = value; }

    /**
     * `AVIF`, `GIF`, `HEIF`, `JPEG`, `PNG`, `WEBP`.
     */
    @JsonProperty("format")
    public String getFormat() { return format; }
    @JsonProperty("format")
    public void setFormat(String value) { this.format = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("height")
    public Long getHeight() { return height; }
    @JsonProperty("height")
    public void setHeight(Long value) { this.height = value; }

    @JsonProperty("stages")
    public Map<String, Long> getStages() { return stages; }
    @JsonProperty("stages")
    public void setStages(Map<String, Long> value) { this.stages = value; }

    /**
     * String, up to 200 characters.
     */
    @JsonProperty("top_label")
    public String getTopLabel() { return topLabel; }
    @JsonProperty("top_label")
    public void setTopLabel(String value) { this.topLabel = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("width")
    public Long getWidth() { return width; }
    @JsonProperty("width")
    public void setWidth(Long value) { this.width = value; }
}
