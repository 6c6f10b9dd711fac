// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;
import java.util.Map;

/**
 * A stage gave up on an event. `failed_event` is the complete event, so that it can be
 * retried.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class ProcessingFailedV1Data {
    private long attempts;
    private String errorType;
    private Map<String, Object> failedEvent;
    private String message;
    private String stage;

    /**
     * Integer, from 0.
     */
    @JsonProperty("attempts")
    public long getAttempts() { return attempts; }
    @JsonProperty("attempts")
    public void setAttempts(long value) { this.attempts = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("error_type")
    public String getErrorType() { return errorType; }
    @JsonProperty("error_type")
    public void setErrorType(String value) { this.errorType = value; }

    @JsonProperty("failed_event")
    public Map<String, Object> getFailedEvent() { return failedEvent; }
    @JsonProperty("failed_event")
    public void setFailedEvent(Map<String, Object> value) { this.failedEvent = value; }

    /**
     * String, up to 1000 characters.
     */
    @JsonProperty("message")
    public String getMessage() { return message; }
    @JsonProperty("message")
    public void setMessage(String value) { this.message = value; }

    /**
     * String, up to 255 characters.
     */
    @JsonProperty("stage")
    public String getStage() { return stage; }
    @JsonProperty("stage")
    public void setStage(String value) { this.stage = value; }
}
