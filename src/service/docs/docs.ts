import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI document and its page under /docs (as JSON at /docs/json). */
export function setUpDocs(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setTitle('Tripline')
    .setDescription('Rules over event streams: which sequence of events, within which time, for which key, is worth an alert.')
    .setVersion('1')
    .addBearerAuth()
    .addApiKey({ type: 'apiKey', name: 'X-Api-Key', in: 'header' }, 'apiKey')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, config), {
    jsonDocumentUrl: 'docs/json',
    yamlDocumentUrl: 'docs/yaml',
  });
}
