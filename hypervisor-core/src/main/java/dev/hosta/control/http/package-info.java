/**
 * As much of HTTP/1.1 (RFC 9110, RFC 9112) as an API on a Unix socket needs: small messages, one
 * request after the other on a connection, and no trust in what comes in.
 *
 * <p>Start here: {@link dev.hosta.control.http.HttpServer}, {@link
 * dev.hosta.control.http.HttpClient}. docs/adr/0003 says why it is not a library. It must not know
 * what the API is about, nor JSON.
 */
package dev.hosta.control.http;
