import type { KafkaMessage } from 'kafkajs';

/** A record as kafkajs decodes it from a fetch. */
export type FetchedMessage = KafkaMessage & {
  readonly isControlRecord?: boolean;
  /** Of its record batch; absent in message sets of brokers before 0.11. */
  readonly batchContext?: { readonly firstOffset: string; readonly lastOffsetDelta: number };
};

/** Kafka's Fetch response, version 4 and newer, as kafkajs decodes it. */
export interface FetchResponse {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partition: number;
      readonly messages: FetchedMessage[];
      readonly abortedTransactions?: unknown;
      readonly lastStableOffset?: string;
      readonly highWatermark: string;
    }[];
  }[];
}
