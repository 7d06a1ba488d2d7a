import pg from 'pg';

const INT8 = 20;

/**
 * bigint columns here are counters below 2^53, so they are numbers. Results come as text, bytea as hexadecimal:
 * pg's `binary: true` decodes fields as UTF-8 on the way and so destroys them (brianc/node-postgres#3495).
 */
export const TEXT_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig['getTypeParser'],
};
