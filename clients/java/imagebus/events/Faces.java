// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

/**
 * The number of faces, and the largest ones; the raw output has all of them.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class Faces {
    private long count;
    private List<Face> largest;

    /**
     * Integer, from 0.
     */
    @JsonProperty("count")
    public long getCount() { return count; }
    @JsonProperty("count")
    public void setCount(long value) { this.count = value; }

    @JsonProperty("largest")
    public List<Face> getLargest() { return largest; }
    @JsonProperty("largest")
    public void setLargest(List<Face> value) { this.largest = value; }
}
