import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { VERSION } from '../../version.js';
import { Open } from '../auth/access.js';
import { jsonExample } from '../docs/examples.js';

/** Where to go from the bare address. */
const WELCOME = {
  name: 'tripline',
  version: VERSION,
  links: {
    docs: '/docs',
    openapi: '/docs/json',
    schemas: ['/v1/schemas/rule', '/v1/schemas/stream'],
    rules: '/v1/rules',
    streams: '/v1/streams',
    alerts: '/v1/alerts',
    alertStream: '/v1/alerts/stream',
    deadLetters: '/v1/dead-letters',
    sinks: '/v1/sinks',
    health: '/health/ready',
    metrics: '/metrics',
  },
};

@ApiTags('operations')
@Open()
@Controller()
export class HomeController {
  @Get()
  @ApiOperation({ summary: 'What this is, and where its parts are' })
  @ApiResponse(jsonExample(200, 'name, version and links', WELCOME))
  welcome() {
    return WELCOME;
  }
}
