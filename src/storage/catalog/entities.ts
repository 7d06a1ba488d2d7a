import { Column, Entity, PrimaryColumn } from 'typeorm';

/** bigint as a number: these are times and counters below 2^53. */
export const NUMBER = {
  to: (value: number | null | undefined) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

/** Desired state of a rule; its versions are rule_version rows. */
@Entity('rule')
export class RuleRow {
  @PrimaryColumn('text') id!: string;
  @Column('integer', { name: 'current_version' }) currentVersion!: number;
  @Column('text') status!: 'draft' | 'shadow' | 'active' | 'paused' | 'retired';
  /** The file that keeps it; null when it came over the API. */
  @Column('text', { nullable: true }) file!: string | null;
  @Column('bigint', { name: 'updated_at', transformer: NUMBER }) updatedAt!: number;
}

/** Never changed once written. */
@Entity('rule_version')
export class RuleVersionRow {
  @PrimaryColumn('text', { name: 'rule' }) id!: string;
  @PrimaryColumn('integer') version!: number;
  @Column('bytea') document!: Buffer;
  @Column('bigint', { name: 'created_at', transformer: NUMBER }) createdAt!: number;
}

@Entity('stream')
export class StreamRow {
  @PrimaryColumn('text', { name: 'name' }) id!: string;
  @Column('integer', { name: 'current_version' }) currentVersion!: number;
  @Column('boolean') deleted!: boolean;
  /** The file that keeps it; null when it came over the API. */
  @Column('text', { nullable: true }) file!: string | null;
  @Column('bigint', { name: 'updated_at', transformer: NUMBER }) updatedAt!: number;
}

/** Never changed once written. */
@Entity('stream_version')
export class StreamVersionRow {
  @PrimaryColumn('text', { name: 'stream' }) id!: string;
  @PrimaryColumn('integer') version!: number;
  @Column('bytea') document!: Buffer;
  @Column('bigint', { name: 'created_at', transformer: NUMBER }) createdAt!: number;
}

@Entity('sink')
export class SinkRow {
  @PrimaryColumn('text') name!: string;
  @Column('bytea') document!: Buffer;
  @Column('bigint', { name: 'updated_at', transformer: NUMBER }) updatedAt!: number;
}

@Entity('reference_list')
export class ReferenceListRow {
  @PrimaryColumn('text') name!: string;
  @Column('integer', { name: 'current_version' }) currentVersion!: number;
  @Column('boolean') deleted!: boolean;
  /** Entries at the current version. */
  @Column('integer') size!: number;
  @Column('bigint', { name: 'updated_at', transformer: NUMBER }) updatedAt!: number;
}

/** Never changed once written, but for its end. */
@Entity('reference_list_entry')
export class ReferenceListEntryRow {
  @PrimaryColumn('text') list!: string;
  /** JSON text. */
  @PrimaryColumn('text') key!: string;
  /** The first version that has it. */
  @PrimaryColumn('integer') since!: number;
  /** The first version that has it no more. */
  @Column('integer', { nullable: true }) until!: number | null;
  /** JSON. */
  @Column('bytea') value!: Buffer;
}
