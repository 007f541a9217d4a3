import {
  type AnyRequest,
  type AnyResponse,
  Form,
  Public,
  rawRequest,
  rawResponse,
  Returns,
} from '@acci/rest';
import { Body, Controller, Post, Req, Res, UseFilters } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { TokenClients } from './token-clients.js';
import { TokenErrorFilter } from './token-error.filter.js';
import { TokenIssuer } from './token-issuer.js';
import { clientCredentialsOf, TokenRequest } from './token-request.js';
import { TokenErrorResponse, TokenResponse } from './token.schemas.js';
import { ClientRefused } from './token.errors.js';

/** OAuth 2.0 client credentials (RFC 6749, section 4.4): `/v1/auth/token`. */
@ApiTags('Service accounts')
@Controller({ path: 'auth/token', version: '1' })
export class TokenController {
  constructor(
    private readonly clients: TokenClients,
    private readonly issuer: TokenIssuer,
  ) {}

  @Public()
  @Form()
  @UseFilters(TokenErrorFilter)
  @ApiOperation({
    operationId: 'authToken',
    summary: 'Get an access token',
    description:
      'OAuth 2.0 client credentials for service accounts. The client authenticates by `client_secret_basic`, `client_secret_post` or `private_key_jwt`, and by one of them only.',
  })
  @ApiResponse({
    status: 400,
    description: 'The request cannot be granted as it is.',
    standardSchema: TokenErrorResponse,
  })
  @ApiResponse({
    status: 401,
    description: 'The client is not known, or kept out.',
    standardSchema: TokenErrorResponse,
  })
  @Returns(TokenResponse, { description: 'The token.' })
  @Post()
  async issue(
    @Body({ schema: TokenRequest }) body: TokenRequest,
    @Req() request: AnyRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TokenResponse> {
    const raw = rawResponse(response);
    raw.setHeader('Cache-Control', 'no-store');
    raw.setHeader('Pragma', 'no-cache');
    const { headers, headersDistinct } = rawRequest(request);
    const form = clientCredentialsOf(body);
    // Node keeps the first of several and a proxy before us may have judged the last.
    if ((headersDistinct['authorization']?.length ?? 0) > 1) throw new ClientRefused();
    const client = await this.clients.prove(headers.authorization, form);
    return this.issuer.issue(client, form.scope);
  }
}
