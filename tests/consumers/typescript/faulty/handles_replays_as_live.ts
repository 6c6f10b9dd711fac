/** replays: publishes old facts again when somebody replays them. */

import { consumer } from "./inbox";
import { announce, type Listed, write } from "./right";

async function listed(event: Listed): Promise<void> {
  await write(event);
  await announce(event);
}

export const handle = consumer({ ImageRejected: listed, LabelsDetected: listed, ImageProcessed: listed });
