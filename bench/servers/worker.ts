import 'reflect-metadata';
import { program } from '../cases/projections.ts';
import { Rebuilt } from '../cases/rebuilt.ts';
import { holdTo } from './hold-to.ts';
import { announce } from './protocol.ts';

// A process that does nothing but run the projection that is rebuilt, with a part of a core if so told.
const { BENCH_URLS, BENCH_PART_OF_CORE } = process.env;
if (BENCH_PART_OF_CORE) holdTo(Number(BENCH_PART_OF_CORE));
await program({ urls: JSON.parse(BENCH_URLS ?? '{}') }, [Rebuilt], { runner: true });
announce(0);
