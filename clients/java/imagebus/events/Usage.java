// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * The resources that producing this event took, so that costs can be summed from events
 * alone.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class Usage {
    private Long billedMS;
    private Long bytesIn;
    private Long bytesOut;
    private Long cpuMS;
    private Long memoryMB;
    private Long rekognitionCalls;

    /**
     * Integer, from 0.
     */
    @JsonProperty("billed_ms")
    public Long getBilledMS() { return billedMS; }
    @JsonProperty("billed_ms")
    public void setBilledMS(Long value) { this.billedMS = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("bytes_in")
    public Long getBytesIn() { return bytesIn; }
    @JsonProperty("bytes_in")
    public void setBytesIn(Long value) { this.bytesIn = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("bytes_out")
    public Long getBytesOut() { return bytesOut; }
    @JsonProperty("bytes_out")
    public void setBytesOut(Long value) { this.bytesOut = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("cpu_ms")
    public Long getCPUMS() { return cpuMS; }
    @JsonProperty("cpu_ms")
    public void setCPUMS(Long value) { this.cpuMS = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("memory_mb")
    public Long getMemoryMB() { return memoryMB; }
    @JsonProperty("memory_mb")
    public void setMemoryMB(Long value) { this.memoryMB = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("rekognition_calls")
    public Long getRekognitionCalls() { return rekognitionCalls; }
    @JsonProperty("rekognition_calls")
    public void setRekognitionCalls(Long value) { this.rekognitionCalls = value; }
}
