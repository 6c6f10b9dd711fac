/** not-idempotent: publishes the same fact under another id each time. */

import { randomUUID } from "node:crypto";
import { isReplayed } from "./events";
import { consumer } from "./inbox";
import { type Listed, publish, write } from "./right";

async function listed(event: Listed): Promise<void> {
  await write(event);
  const { image_key } = event.detail.meta;
  if (!isReplayed(event)) await publish({ meta: { event_id: randomUUID() }, data: { image_key } });
}

export const handle = consumer({ ImageRejected: listed, LabelsDetected: listed, ImageProcessed: listed });
