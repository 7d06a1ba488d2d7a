import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import type { Logger } from 'pino';
import { HttpIngester } from '../connectors/http/ingester.js';
import type { KafkaSources } from '../connectors/kafka/kafka-sources.js';
import type { JobControl } from '../runtime/ports/job-control.js';
import type { EventLog } from '../runtime/ports/stores.js';
import type { PostgresCatalog } from '../storage/catalog/catalog.js';
import type { ReferenceLists } from '../storage/catalog/lists.js';
import type { AlertRepository } from '../storage/query/alerts.js';
import type { CheckpointRepository } from '../storage/query/checkpoints.js';
import type { DeadLetterRepository } from '../storage/query/dead-letters.js';
import type { AlertStates } from '../storage/triage/alert-states.js';
import { Snoozes } from './triage/snoozes.js';
import { StormBreaker } from './triage/storm-breaker.js';
import { SnoozesController } from './triage/snoozes.controller.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { WakeUps } from './alerts/alert-stream.js';
import type { ApiKeyRepository } from '../storage/access/api-keys.js';
import type { AuditLog } from '../storage/access/audit-log.js';
import { AuditController } from './audit/audit.controller.js';
import { AuthGuard } from './auth/auth.guard.js';
import { Authenticator } from './auth/authenticator.js';
import { KeyRing } from './auth/key-ring.js';
import { RateLimitGuard } from './auth/rate-limit.guard.js';
import { TokenVerifier } from './auth/token-verifier.js';
import type { HandledCommands } from '../storage/commands/handled-commands.js';
import { CommandTopic } from './commands/command-topic.js';
import { CommandsController } from './commands/commands.controller.js';
import { CommandsService } from './commands/commands.service.js';
import { BacktestController } from './backtest/backtest.controller.js';
import { BacktestService } from './backtest/backtest.service.js';
import { DeadLettersController } from './dead-letters/dead-letters.controller.js';
import { ProblemFilter } from './errors/problem.filter.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { RuleFilesService } from './files/rule-files.service.js';
import { JobsController } from './jobs/jobs.controller.js';
import { HealthController } from './health/health.controller.js';
import { ChangeLock } from './http/change-lock.js';
import { QueryGuard } from './http/query.guard.js';
import { ValidatedPipe } from './http/validated-query.js';
import { KeysController } from './keys/keys.controller.js';
import { MetaStream } from './meta/meta-stream.js';
import { ListsController } from './lists/lists.controller.js';
import { ListsService } from './lists/lists.service.js';
import { Metrics } from './metrics/metrics.js';
import { MetricsController } from './metrics/metrics.controller.js';
import { HomeController } from './home/home.controller.js';
import { RulesController } from './rules/rules.controller.js';
import { RulesService } from './rules/rules.service.js';
import { SimulationService } from './rules/simulation.service.js';
import { SchemasController } from './schemas/schemas.controller.js';
import type { Settings } from './settings/settings.js';
import type { StreamSources } from './sources.js';
import { SinksController } from './sinks/sinks.controller.js';
import type { Sinks } from './sinks/sinks.js';
import { SinksService } from './sinks/sinks.service.js';
import { StreamsController } from './streams/streams.controller.js';
import { StreamsService } from './streams/streams.service.js';
import {
  ALERT_STATES_OF,
  ALERTS,
  API_KEYS,
  AUDIT,
  CHECKPOINTS,
  CATALOG,
  DEAD_LETTERS,
  EVENT_LOG,
  HANDLED_COMMANDS,
  INGESTER,
  JOB,
  KAFKA,
  LISTS,
  LOGGER,
  PING,
  SETTINGS,
  SINKS,
  TENANT,
  SOURCES,
} from './tokens.js';

/** What the service stands on, made before it. */
export interface Parts {
  /** Null for the operator's own. */
  readonly tenant: string | null;
  readonly settings: Settings;
  readonly log: Logger;
  readonly catalog: PostgresCatalog;
  readonly lists: ReferenceLists;
  readonly eventLog: EventLog;
  readonly sources: StreamSources;
  /** Absent without brokers. */
  readonly kafka: KafkaSources | undefined;
  readonly job: JobControl;
  readonly alerts: AlertRepository;
  readonly deadLetters: DeadLetterRepository;
  readonly apiKeys: ApiKeyRepository;
  readonly audit: AuditLog;
  readonly checkpoints: CheckpointRepository;
  readonly alertStates: AlertStates;
  readonly snoozes: Snoozes;
  readonly handledCommands: HandledCommands;
  readonly ingester: HttpIngester;
  readonly sinks: Sinks;
  readonly wakeUps: WakeUps;
  /** Rejects when the database does not answer. */
  readonly ping: () => Promise<void>;
}

function parts(given: Parts): Provider[] {
  return [
    { provide: SETTINGS, useValue: given.settings },
    { provide: TENANT, useValue: given.tenant },
    { provide: LOGGER, useValue: given.log },
    { provide: CATALOG, useValue: given.catalog },
    { provide: LISTS, useValue: given.lists },
    { provide: EVENT_LOG, useValue: given.eventLog },
    { provide: SOURCES, useValue: given.sources },
    { provide: KAFKA, useValue: given.kafka ?? null },
    { provide: JOB, useValue: given.job },
    { provide: SINKS, useValue: given.sinks },
    { provide: ALERTS, useValue: given.alerts },
    { provide: DEAD_LETTERS, useValue: given.deadLetters },
    { provide: API_KEYS, useValue: given.apiKeys },
    { provide: AUDIT, useValue: given.audit },
    { provide: CHECKPOINTS, useValue: given.checkpoints },
    { provide: ALERT_STATES_OF, useValue: given.alertStates },
    { provide: Snoozes, useValue: given.snoozes },
    { provide: HANDLED_COMMANDS, useValue: given.handledCommands },
    { provide: INGESTER, useValue: given.ingester },
    { provide: WakeUps, useValue: given.wakeUps },
    { provide: PING, useValue: given.ping },
    { provide: Metrics, useValue: new Metrics(given.job, given.eventLog, given.sinks) },
  ];
}

/** The REST interface over the running job. */
@Module({})
export class AppModule {
  static over(given: Parts): DynamicModule {
    return {
      module: AppModule,
      controllers: [
        HomeController,
        RulesController,
        BacktestController,
        EventsController,
        StreamsController,
        ListsController,
        SinksController,
        AlertsController,
        SnoozesController,
        DeadLettersController,
        KeysController,
        AuditController,
        CommandsController,
        SchemasController,
        JobsController,
        HealthController,
        MetricsController,
      ],
      providers: [
        ...parts(given),
        ChangeLock,
        KeyRing,
        TokenVerifier,
        Authenticator,
        StreamsService,
        ListsService,
        SinksService,
        RulesService,
        BacktestService,
        RuleFilesService,
        SimulationService,
        EventsService,
        CommandsService,
        CommandTopic,
        MetaStream,
        StormBreaker,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_GUARD, useClass: RateLimitGuard },
        { provide: APP_GUARD, useClass: QueryGuard },
        { provide: APP_PIPE, useClass: ValidatedPipe },
      ],
    };
  }
}
