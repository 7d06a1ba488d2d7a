import { Column, Entity, PrimaryColumn } from 'typeorm';
import { NUMBER } from '../catalog/entities.js';

/** A row of the outbox, as the service lists it. Written only by the output store. */
@Entity('alert')
export class AlertRow {
  @PrimaryColumn('text') job!: string;
  @PrimaryColumn('integer') shard!: number;
  @PrimaryColumn('bigint', { transformer: NUMBER }) number!: number;
  @Column('text') id!: string;
  @Column('text') rule!: string;
  @Column('integer', { name: 'rule_version' }) ruleVersion!: number;
  @Column('text') kind!: 'match' | 'timeout' | 'window';
  @Column('text') severity!: string;
  @Column('text') key!: string;
  @Column('boolean') shadow!: boolean;
  @Column('bigint', { name: 'detected_at', transformer: NUMBER }) detectedAt!: number;
  @Column('bytea') body!: Buffer;
  @Column('bytea') explanation!: Buffer;
}

/** An event that could not be used. */
@Entity('dead_letter')
export class DeadLetterRow {
  @PrimaryColumn('bigint', { transformer: NUMBER }) id!: number;
  @Column('text') identity!: string;
  @Column('text') stream!: string;
  @Column('integer', { nullable: true }) partition!: number | null;
  @Column('bigint', { nullable: true, transformer: NUMBER }) offset!: number | null;
  @Column('text') code!: string;
  @Column('text') message!: string;
  @Column('double precision', { nullable: true }) time!: number | null;
  @Column('double precision', { nullable: true }) watermark!: number | null;
  @Column('text', { nullable: true }) cause!: string | null;
  @Column('bigint', { name: 'received_at', transformer: NUMBER }) receivedAt!: number;
  @Column('bytea') raw!: Buffer;
}

/** A completed checkpoint. */
@Entity('checkpoint')
export class CheckpointRow {
  @PrimaryColumn('text') job!: string;
  @PrimaryColumn('integer') shard!: number;
  @PrimaryColumn('bigint', { transformer: NUMBER }) id!: number;
  @Column('text') kind!: 'checkpoint' | 'savepoint';
  @Column('bigint', { name: 'journal_sequence', transformer: NUMBER }) journalSequence!: number;
  @Column('bigint', { name: 'oldest_needed', transformer: NUMBER }) oldestNeeded!: number;
  @Column('bigint', { name: 'alert_number', transformer: NUMBER }) alertNumber!: number;
  @Column('bytea') meta!: Buffer;
  @Column('bytea', { name: 'needed_offsets' }) neededOffsets!: Buffer;
  @Column('bigint', { name: 'stored_bytes', transformer: NUMBER }) storedBytes!: number;
  @Column('double precision', { name: 'pause_ms' }) pauseMs!: number;
  @Column('bigint', { name: 'completed_at', transformer: NUMBER }) completedAt!: number;
}

/** Up to which outbox number a sink has delivered. */
@Entity('sink_cursor')
export class SinkCursorRow {
  @PrimaryColumn('text') sink!: string;
  @Column('bigint', { transformer: NUMBER }) number!: number;
  @Column('bigint', { name: 'updated_at', transformer: NUMBER }) updatedAt!: number;
}
