import {
  type AnyRequest,
  type AnyResponse,
  Form,
  Public,
  rawRequest,
  rawResponse,
  Returns,
} from '@acci/rest';
import { applyDecorators, Body, Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type ProvenClient, TokenClients } from './token-clients.js';
import { TokenErrorFilter } from './token-error.filter.js';
import { TokenIssuer } from './token-issuer.js';
import {
  clientCredentialsOf,
  type ClientFields,
  RevocationRequest,
  TokenRequest,
  withoutEmpty,
} from './token-request.js';
import { TokenRevoker } from './token-revoker.js';
import { TokenErrorResponse, TokenResponse } from './token.schemas.js';
import { ClientRefused } from './token.errors.js';

/** How OpenAPI describes access tokens, and where to get them. */
export const clientCredentialsScheme = {
  type: 'oauth2',
  description: 'The access token of a service account.',
  flows: { clientCredentials: { tokenUrl: '/v1/auth/token', scopes: {} } },
} as const;

/** A route where clients of OAuth 2.0 authenticate themselves, with a form. */
const ForClients = (): MethodDecorator =>
  applyDecorators(
    Public(),
    Form(),
    UseFilters(TokenErrorFilter),
    ApiResponse({
      status: 400,
      description: 'The request cannot be granted as it is.',
      standardSchema: TokenErrorResponse,
    }),
    ApiResponse({
      status: 401,
      description: 'The client is not known, or kept out.',
      standardSchema: TokenErrorResponse,
    }),
  );

/** OAuth 2.0 client credentials (RFC 6749, section 4.4), and revocation (RFC 7009): `/v1/auth/token`. */
@ApiTags('Service accounts')
@Controller({ path: 'auth', version: '1' })
export class TokenController {
  constructor(
    private readonly clients: TokenClients,
    private readonly issuer: TokenIssuer,
    private readonly revoker: TokenRevoker,
  ) {}

  @ForClients()
  @ApiOperation({
    operationId: 'authToken',
    summary: 'Get an access token',
    description:
      'OAuth 2.0 client credentials for service accounts. The client authenticates by `client_secret_basic`, `client_secret_post` or `private_key_jwt`, and by one of them only.',
  })
  @Returns(TokenResponse, { description: 'The token.' })
  @Post('token')
  async issue(
    @Body({ schema: TokenRequest }) body: TokenRequest,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TokenResponse> {
    const raw = rawResponse(response);
    raw.setHeader('Cache-Control', 'no-store');
    raw.setHeader('Pragma', 'no-cache');
    const form = clientCredentialsOf(body);
    return this.issuer.issue(await this.prove(request, form), form.scope);
  }

  @ForClients()
  @ApiOperation({
    operationId: 'authTokenRevoke',
    summary: 'Revoke an access token',
    description:
      'OAuth 2.0 token revocation (RFC 7009), for the service account that the token is of. Within a second it opens nothing. What is no token of the account, or none any more, is answered the same.',
  })
  @ApiOkResponse({ description: 'It is worth nothing.' })
  @HttpCode(200)
  @Post('token\\:revoke')
  async revoke(
    @Body({ schema: RevocationRequest }) body: RevocationRequest,
    @Req() request: AnyRequest,
  ): Promise<void> {
    const form = withoutEmpty(body);
    await this.revoker.revoke(await this.prove(request, form), form.token);
  }

  private prove(request: AnyRequest, form: ClientFields): Promise<ProvenClient> {
    const { headers, headersDistinct } = rawRequest(request);
    // Node keeps the first of several and a proxy before us may have judged the last.
    if ((headersDistinct['authorization']?.length ?? 0) > 1) throw new ClientRefused();
    return this.clients.prove(headers.authorization, form);
  }
}
