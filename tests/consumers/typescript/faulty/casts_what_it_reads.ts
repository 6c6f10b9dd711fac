/** newer-version: believes that what it has parsed is what its types say. */

import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { type Listed, list } from "./right";

export async function handle(batch: SQSEvent): Promise<SQSBatchResponse> {
  const batchItemFailures = [];
  for (const { body, messageId } of batch.Records) {
    try {
      const event = JSON.parse(body) as Listed;
      if (!event.detail.meta.event_id) throw new Error("that is not an event");
      await list(event);
    } catch {
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
