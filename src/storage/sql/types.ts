import pg from 'pg';

const INT8 = 20;
const BYTEA = 17;

/** bigint columns here are counters below 2^53, so they are numbers. */
export const TEXT_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === INT8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
};

const BINARY_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number) => {
    if (oid === BYTEA) return (value: Buffer) => value;
    if (oid === INT8) return (value: Buffer) => Number(value.readBigInt64BE(0));
    return pg.types.getTypeParser(oid, 'binary');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

/** A query whose answer comes in the binary format, which spares large bytea the way through hexadecimal text. */
export function binaryQuery(text: string, values: unknown[]): pg.QueryConfig {
  const config: pg.QueryConfig & { binary: boolean } = { text, values, binary: true, types: BINARY_TYPES };
  return config;
}
