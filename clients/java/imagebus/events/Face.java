// Generated from schemas/ by `make generate`; do not edit.

package imagebus.events;

import com.fasterxml.jackson.annotation.*;

/**
 * What the face looks like, never whose it is.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public class Face {
    private Long ageHigh;
    private Long ageLow;
    private Box box;
    private double confidence;
    private String emotion;
    private Boolean eyeglasses;
    private Boolean eyesOpen;
    private Boolean mouthOpen;
    private Boolean occluded;
    private Boolean smile;
    private Boolean sunglasses;

    /**
     * Integer, from 0.
     */
    @JsonProperty("age_high")
    public Long getAgeHigh() { return ageHigh; }
    @JsonProperty("age_high")
    public void setAgeHigh(Long value) { this.ageHigh = value; }

    /**
     * Integer, from 0.
     */
    @JsonProperty("age_low")
    public Long getAgeLow() { return ageLow; }
    @JsonProperty("age_low")
    public void setAgeLow(Long value) { this.ageLow = value; }

    @JsonProperty("box")
    public Box getBox() { return box; }
    @JsonProperty("box")
    public void setBox(Box value) { this.box = value; }

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
    @JsonProperty("emotion")
    public String getEmotion() { return emotion; }
    @JsonProperty("emotion")
    public void setEmotion(String value) { this.emotion = value; }

    @JsonProperty("eyeglasses")
    public Boolean getEyeglasses() { return eyeglasses; }
    @JsonProperty("eyeglasses")
    public void setEyeglasses(Boolean value) { this.eyeglasses = value; }

    @JsonProperty("eyes_open")
    public Boolean getEyesOpen() { return eyesOpen; }
    @JsonProperty("eyes_open")
    public void setEyesOpen(Boolean value) { this.eyesOpen = value; }

    @JsonProperty("mouth_open")
    public Boolean getMouthOpen() { return mouthOpen; }
    @JsonProperty("mouth_open")
    public void setMouthOpen(Boolean value) { this.mouthOpen = value; }

    @JsonProperty("occluded")
    public Boolean getOccluded() { return occluded; }
    @JsonProperty("occluded")
    public void setOccluded(Boolean value) { this.occluded = value; }

    @JsonProperty("smile")
    public Boolean getSmile() { return smile; }
    @JsonProperty("smile")
    public void setSmile(Boolean value) { this.smile = value; }

    @JsonProperty("sunglasses")
    public Boolean getSunglasses() { return sunglasses; }
    @JsonProperty("sunglasses")
    public void setSunglasses(Boolean value) { this.sunglasses = value; }
}
