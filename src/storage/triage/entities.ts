import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { NUMBER } from '../catalog/entities.js';

/** An alert without a row is open. */
@Entity('alert_state')
export class AlertStateRow {
  @PrimaryColumn('text') alert!: string;
  @Column('text') state!: 'acknowledged' | 'resolved';
  @Column('text') author!: string;
  @Column('bigint', { transformer: NUMBER }) at!: number;
  @Column('text', { nullable: true }) note!: string | null;
}

@Entity('snooze')
export class SnoozeRow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: number;
  @Column('text') rule!: string;
  /** JSON, as alerts hold it; null = every key. */
  @Column('text', { nullable: true }) key!: string | null;
  @Column('bigint', { transformer: NUMBER }) since!: number;
  @Column('bigint', { transformer: NUMBER }) until!: number;
  @Column('text') author!: string;
  @Column('text', { nullable: true }) note!: string | null;
}
