/** loses-batch: reports the message that failed, and never looks at those behind it. */

import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { parseEvent } from "./events";
import { type Listed, list } from "./right";

export async function handle(batch: SQSEvent): Promise<SQSBatchResponse> {
  for (const { body, messageId } of batch.Records) {
    try {
      await list(parseEvent(body) as Listed);
    } catch {
      return { batchItemFailures: [{ itemIdentifier: messageId }] };
    }
  }
  return { batchItemFailures: [] };
}
