/** order-dependent: keeps a list of the outcomes, in the order in which it heard of them. */

import { ConditionalCheckFailedException, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { consumer } from "./inbox";
import { dynamodb, type Listed, list } from "./right";

async function listed(event: Listed): Promise<void> {
  await list(event);
  const { event_id, image_key } = event.detail.meta;
  const TableName = process.env["SEEN_TABLE"];
  const once = { TableName, Item: { id: { S: event_id } }, ConditionExpression: "attribute_not_exists(id)" };
  try {
    await dynamodb.send(new PutItemCommand(once));
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return;
    throw error;
  }
  await dynamodb.send(
    new UpdateItemCommand({
      TableName,
      Key: { id: { S: image_key } },
      UpdateExpression: "SET story = list_append(if_not_exists(story, :none), :this)",
      ExpressionAttributeValues: { ":none": { L: [] }, ":this": { L: [{ S: event_id }] } },
    }),
  );
}

export const handle = consumer({ ImageRejected: listed, LabelsDetected: listed, ImageProcessed: listed });
