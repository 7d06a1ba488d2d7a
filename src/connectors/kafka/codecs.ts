import { decompress as decompressZstd } from 'fzstd';
import kafkajs from 'kafkajs';
import { decompressFrameSync } from 'lz4-napi';
import { uncompressSync } from 'snappy';

const { CompressionCodecs, CompressionTypes } = kafkajs;

/** What Java's snappy streams begin with; librdkafka writes the bare block. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

/**
 * Lets kafkajs read what it cannot by itself: topics compressed with lz4, snappy and zstd. Without it the first such
 * record would end reading for good. We write uncompressed; the broker compresses as the topic says.
 */
export function registerCodecs(): void {
  CompressionCodecs[CompressionTypes.LZ4] = reading('lz4', (bytes) => decompressFrameSync(bytes));
  CompressionCodecs[CompressionTypes.Snappy] = reading('snappy', readSnappy);
  CompressionCodecs[CompressionTypes.ZSTD] = reading('zstd', (bytes) => Buffer.from(decompressZstd(bytes)));
}

function reading(name: string, decompress: (bytes: Buffer) => Buffer) {
  return () => ({
    compress: () => Promise.reject(new Error(`records are not written as ${name}`)),
    decompress: (bytes: Buffer) => Promise.resolve(decompress(bytes)),
  });
}

/** Blocks of {int32 BE length, snappy block} behind the header of snappy-java (its SnappyOutputStream). */
function readSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return uncompressSync(bytes, { asBuffer: true }) as Buffer;
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = bytes.readInt32BE(at);
    blocks.push(uncompressSync(bytes.subarray(at + 4, at + 4 + length), { asBuffer: true }) as Buffer);
    at += 4 + length;
  }
  return Buffer.concat(blocks);
}
