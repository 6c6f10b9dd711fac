// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.List;

/**
 * Required facts are overdue: the image has waited too long for them.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ProcessingStalledV1Data {
    private List<String> missing;
    private long waitedS;

    /**
     * Array of string, up to 255 characters.
     */
    @JsonProperty("missing")
    public List<String> getMissing() { return missing; }
    @JsonProperty("missing")
    public void setMissing(List<String> value) { this.missing = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("waited_s")
    public long getWaitedS() { return waitedS; }
    @JsonProperty("waited_s")
    public void setWaitedS(long value) { this.waitedS = value; }
}
