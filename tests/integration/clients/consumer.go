// A consumer as somebody would write it; reads a list of texts, and prints what each one was read as.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"imagebus/events"
)

func summary(event events.Event) string {
	switch event := event.(type) {
	case *events.ImageProcessedV1:
		if width := event.Detail.Data.Width; width != nil {
			return fmt.Sprint(event.Detail.Meta.ImageKey, *width)
		}
		return event.Detail.Meta.ImageKey
	case *events.ImageRejectedV1:
		return event.Detail.Data.Code
	case *events.LabelsDetectedV2:
		return event.Detail.Data.ModelVersions["labels"]
	case *events.LabelsDetectedV1:
		var labels []events.Label = event.Detail.Data.Labels
		return fmt.Sprint(len(labels), event.Detail.Data.ModelVersion)
	}
	return ""
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	found := []any{}
	for _, text := range texts {
		event, err := events.Parse([]byte(text))
		if err != nil {
			found = append(found, err.Error())
			continue
		}
		summary(event)
		found = append(found, event)
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}
