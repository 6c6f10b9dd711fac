/** ImageRejected, LabelsDetected, ImageProcessed -> what is known of the image, and an ImageListed. */

import { consumer } from "./inbox";
import { handlers } from "./right";

export const handle = consumer(handlers);
