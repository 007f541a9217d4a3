import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';

/** Token of the guard that the app gave to {@link ProjectionsHttpModule}. */
export const OPERATORS = Symbol('acci.projections.operators');

/** Asks the app's own guard: who operates the platform is not for this library to know. */
@Injectable()
export class OperatorGuard implements CanActivate {
  constructor(@Inject(OPERATORS) private readonly operators: CanActivate) {}

  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.operators.canActivate(context);
  }
}
