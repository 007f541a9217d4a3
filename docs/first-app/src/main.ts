import { EmbeddedServer } from '@acci/database';
import { configureApp } from '@acci/rest';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';

// A PostgreSQL of its own in the folder .acci. With a server of yours, pass its URLs instead.
const server = await EmbeddedServer.start({ directory: '.acci/postgres' });
const app = await NestFactory.create(AppModule.forRoot(server.urls));
configureApp(app);
app.enableShutdownHooks();
await app.listen(process.env['PORT'] ?? 3000, '127.0.0.1');
console.log(`Listening on ${await app.getUrl()}`);
