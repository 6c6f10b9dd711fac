/** What a right consumer does. The handlers in ../../faulty change one thing each. */

import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { createHash } from "node:crypto";
import { type EventOf, isReplayed } from "./events";
import type { Handlers } from "./inbox";

export type Listed = EventOf<"ImageRejected" | "LabelsDetected" | "ImageProcessed">;
export type Item = Record<string, AttributeValue>;

export const dynamodb = new DynamoDBClient();
export const eventBridge = new EventBridgeClient();

/** What the event says about its image: a subject, and attributes. */
export function known(event: Listed): [string, Item] {
  switch (event["detail-type"]) {
    case "ImageProcessed": {
      const { format, width } = event.detail.data;
      const size = { N: String(width ?? 0) };
      return ["outcome", { status: { S: "completed" }, format: { S: format ?? "" }, width: size }];
    }
    case "ImageRejected":
      return ["outcome", { status: { S: "rejected" }, code: { S: event.detail.data.code } }];
    case "LabelsDetected":
      return ["labels", { labels: { L: event.detail.data.labels.map((label) => ({ S: label.name })) } }];
  }
}

/** An older upload never replaces a newer one. */
export async function write(event: Listed): Promise<void> {
  const { image_key, revision } = event.detail.meta;
  const [about, told] = known(event);
  try {
    await dynamodb.send(
      new PutItemCommand({
        TableName: process.env["IMAGES_TABLE"],
        Item: { image_key: { S: image_key }, about: { S: about }, revision: { S: revision }, ...told },
        ConditionExpression: "attribute_not_exists(revision) OR revision < :revision",
        ExpressionAttributeValues: { ":revision": { S: revision } },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

/** The id follows from the event's, so that whoever receives it twice knows that it is one fact. */
export async function announce(event: Listed): Promise<void> {
  const { event_id, image_key } = event.detail.meta;
  const fact = createHash("sha256").update(event_id).digest("hex");
  await publish({ meta: { event_id: fact }, data: { image_key } });
}

export async function publish(detail: object): Promise<void> {
  const entry = { Source: "gallery", DetailType: "ImageListed", Detail: JSON.stringify(detail) };
  await eventBridge.send(new PutEventsCommand({ Entries: [{ EventBusName: process.env["EVENT_BUS"], ...entry }] }));
}

/** Adds one to a number in the table of what was seen. */
export async function count(id: string): Promise<void> {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: process.env["SEEN_TABLE"],
      Key: { id: { S: id } },
      UpdateExpression: "ADD events :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
  );
}

export async function list(event: Listed): Promise<void> {
  await write(event);
  if (!isReplayed(event)) await announce(event);
}

export const handlers: Handlers = { ImageRejected: list, LabelsDetected: list, ImageProcessed: list };
