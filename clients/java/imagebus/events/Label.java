// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

@JsonIgnoreProperties(ignoreUnknown = true)
public class Label {
    private double confidence;
    private String name;
    private List<String> parents;

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
     * Array of string, up to 200 characters.
     */
    @JsonProperty("parents")
    public List<String> getParents() { return parents; }
    @JsonProperty("parents")
    public void setParents(List<String> value) { this.parents = value; }
}
