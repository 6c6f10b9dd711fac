"""ImageRejected, LabelsDetected, ImageProcessed -> what is known of the image, and an ImageListed."""

from gallery.right import receive
from imagebus.consumer import consumer

handle = consumer(receive)
