// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * Another set of recipes decides what readers see, for all images at once. `by` is who
 * promoted it.
 *
 * Going back to an earlier set is a promotion as well. `number` counts the stack's
 * promotions from 1.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class RecipePromotedV1Data {
    private String by;
    private String fromSet;
    private String note;
    private long number;
    private String toSet;

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("by")
    public String getBy() { return by; }
    @JsonProperty("by")
    public void setBy(String value) { this.by = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("from_set")
    public String getFromSet() { return fromSet; }
    @JsonProperty("from_set")
    public void setFromSet(String value) { this.fromSet = value; }

    /**
     * String, up to 1000 characters.
     */
    @JsonProperty("note")
    public String getNote() { return note; }
    @JsonProperty("note")
    public void setNote(String value) { this.note = value; }

    /**
     * Integer, from 1.
     */
    @JsonProperty("number")
    public long getNumber() { return number; }
    @JsonProperty("number")
    public void setNumber(long value) { this.number = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("to_set")
    public String getToSet() { return toSet; }
    @JsonProperty("to_set")
    public void setToSet(String value) { this.toSet = value; }
}
