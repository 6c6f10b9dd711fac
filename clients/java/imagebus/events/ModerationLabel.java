// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

@JsonIgnoreProperties(ignoreUnknown = true)
public class ModerationLabel {
    private double confidence;
    private String name;
    private String parent;

    /**
     * Number, 0 to 100.
     */
    @JsonProperty("confidence")
    public double getConfidence() { return confidence; }
    @JsonProperty("confidence")
    public void setConfidence(double value) { this.confidence = value; }

    /**
     * String, up to 200 characters.
     */
    @JsonProperty("name")
    public String getName() { return name; }
    @JsonProperty("name")
    public void setName(String value) { this.name = value; }

    /**
     * String, up to 200 characters.
     */
    @JsonProperty("parent")
    public String getParent() { return parent; }
    @JsonProperty("parent")
    public void setParent(String value) { this.parent = value; }
}
