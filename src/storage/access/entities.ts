import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import { NUMBER } from '../catalog/entities.js';

/** A key of the API. The secret itself is nowhere: only its hash is. */
@Entity('api_key')
export class ApiKeyRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column('text') role!: string;
  /** SHA-256 of the whole key, which holds 256 random bits: nothing to be guessed, so no slow hash. */
  @Column('bytea') hash!: Buffer;
  @Column('bigint', { name: 'created_at', transformer: NUMBER }) createdAt!: number;
  @Column('bigint', { name: 'expires_at', nullable: true, transformer: NUMBER }) expiresAt!: number | null;
  /** Within a minute. */
  @Column('bigint', { name: 'last_used_at', nullable: true, transformer: NUMBER }) lastUsedAt!: number | null;
  @Column('bigint', { name: 'revoked_at', nullable: true, transformer: NUMBER }) revokedAt!: number | null;
}

/** One change, by whom and when. Rows are never changed or removed. */
@Entity('audit')
export class AuditRow {
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' }) id!: number;
  @Column('bigint', { transformer: NUMBER }) at!: number;
  @Column('text', { name: 'author_kind' }) authorKind!: string;
  @Column('text', { name: 'author_name' }) authorName!: string;
  @Column('text', { name: 'author_id', nullable: true }) authorId!: string | null;
  @Column('text') action!: string;
  @Column('text') kind!: string;
  @Column('text') name!: string;
  @Column('integer', { nullable: true }) version!: number | null;
  @Column('bytea', { nullable: true }) detail!: Buffer | null;
}
