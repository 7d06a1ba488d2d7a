/** The inner classes of kafkajs 2.2.4 that TopicSession stands on; the version is pinned in package.json. */
declare module 'kafkajs/src/cluster/index.js' {
  import type { ISocketFactory, KafkaConfig } from 'kafkajs';
  interface Broker {
    fetch(request: object): Promise<import('./fetch-response.js').FetchResponse>;
  }
  export default class Cluster {
    constructor(
      options: Omit<KafkaConfig, 'logLevel' | 'logCreator'> & {
        logger: unknown;
        socketFactory: ISocketFactory;
        allowAutoTopicCreation: boolean;
        metadataMaxAge: number;
        maxInFlightRequests: number | null;
        isolationLevel: number;
      },
    );
    connect(): Promise<void>;
    disconnect(): Promise<void>;
    addMultipleTargetTopics(topics: string[]): Promise<void>;
    refreshMetadata(): Promise<void>;
    findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[];
    findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
    findBroker(node: { nodeId: string }): Promise<Broker>;
    fetchTopicsOffset(
      topics: { topic: string; partitions: { partition: number }[]; fromTimestamp: number }[],
    ): Promise<{ topic: string; partitions: { partition: number; offset: string }[] }[]>;
  }
}

declare module 'kafkajs/src/consumer/filterAbortedMessages.js' {
  export default function filterAbortedMessages<T>(fetched: { messages: T[]; abortedTransactions?: unknown }): T[];
}

declare module 'kafkajs/src/loggers/index.js' {
  const loggers: { createLogger(options: object): unknown };
  export default loggers;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  import type { ISocketFactory } from 'kafkajs';
  export default function createSocketFactory(): ISocketFactory;
}
