import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Needs } from '../auth/access.js';
import { Metrics } from './metrics.js';

@ApiTags('operations')
@Needs('viewer')
@Controller('metrics')
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get()
  @ApiOperation({ summary: 'Metrics in Prometheus text' })
  @ApiProduces('text/plain')
  @ApiResponse({
    status: 200,
    content: {
      'text/plain': { example: '# TYPE tripline_rule_alerts_total counter\ntripline_rule_alerts_total{rule="card-testing"} 1\n' },
    },
  })
  async text(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const text = await this.metrics.text();
    void reply.header('content-type', this.metrics.contentType);
    return text;
  }
}
