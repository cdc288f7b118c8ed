/**
 * Carries out one HTTP request inside the sandbox, with nothing but Python's standard library: reads the request as JSON from standard
 * input, writes the response as one line of JSON. Redirections are answers and are not followed: they may lead to another host.
 */
export const httpRequestScript = String.raw`
import base64, json, socket, sys, urllib.error, urllib.parse, urllib.request

class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

def answer(value):
    json.dump(value, sys.stdout)
    sys.exit(0)

# Why the way out refuses a tunnel it says in a header, which the library does not show.
def refusal(target):
    proxy = urllib.parse.urlsplit(urllib.request.getproxies().get("https", ""))
    if target.scheme != "https" or not proxy.hostname:
        return None
    authority = "%s:%d" % (target.netloc, 443) if target.port is None else target.netloc
    with socket.create_connection((proxy.hostname, proxy.port), timeout=10) as connection:
        connection.sendall(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (authority, authority)).encode())
        lines = connection.makefile("rb")
        if b" 200 " in lines.readline(1000):
            return None
        for line in iter(lambda: lines.readline(1000).strip(), b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"x-caisson-egress":
                return value.strip().decode()

asked = json.load(sys.stdin)
body = None if asked["body"] is None else asked["body"].encode()
request = urllib.request.Request(asked["url"], data=body, headers=asked["headers"], method=asked["method"])
if not request.has_header("User-agent"):
    request.add_header("User-Agent", "caisson")
try:
    try:
        response = urllib.request.build_opener(NoRedirect).open(request, timeout=asked["timeoutSeconds"])
    except urllib.error.HTTPError as error:
        response = error
    data = response.read(asked["limitBytes"] + 1)
    headers = {}
    for name, value in response.headers.items():
        name = name.lower()
        headers[name] = headers[name] + ", " + value if name in headers else value
    if "x-caisson-egress" in headers:
        answer({"refused": headers["x-caisson-egress"][:40]})
    answer({
        "status": response.status,
        "headers": headers,
        "base64": base64.b64encode(data[:asked["limitBytes"]]).decode(),
        "truncated": len(data) > asked["limitBytes"],
    })
except SystemExit:
    raise
except Exception as error:
    try:
        refused = refusal(urllib.parse.urlsplit(asked["url"]))
    except Exception:
        refused = None
    if refused:
        answer({"refused": refused[:40]})
    reason = getattr(error, "reason", error)
    answer({"error": (type(reason).__name__ + ": " + str(reason))[:500]})
`
