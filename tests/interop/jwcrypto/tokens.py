"""Makes keys, signs and verifies with PyPI `jwcrypto`: one JSON object a line in, one a line out. It ends when its standard input does."""

import json
import sys

from jwcrypto import jwk, jwt

KEYS = {
    "HS": lambda alg: {"kty": "oct", "size": int(alg[2:])},
    "RS": lambda _: {"kty": "RSA", "size": 2048},
    "PS": lambda _: {"kty": "RSA", "size": 2048},
    "ES": lambda alg: {"kty": "EC", "crv": "P-" + alg[2:]},
    "Ed": lambda _: {"kty": "OKP", "crv": "Ed25519"},
}


def key(alg):
    made = jwk.JWK.generate(**KEYS[alg[:2]](alg))
    return {"jwk": made.export(as_dict=True), "thumbprint": made.thumbprint()}


def sign(alg, jwk_, claims):
    token = jwt.JWT(header={"alg": alg, "typ": "JWT"}, claims=claims)
    token.make_signed_token(jwk.JWK(**jwk_))
    return {"token": token.serialize()}


def verify(alg, jwk_, token):
    return {"claims": json.loads(jwt.JWT(jwt=token, key=jwk.JWK(**jwk_), algs=[alg]).claims)}


OPERATIONS = {"key": key, "sign": sign, "verify": verify}

print("READY", flush=True)
for line in sys.stdin:
    question = json.loads(line)
    operation = OPERATIONS[question.pop("op")]
    if "jwk" in question:
        question["jwk_"] = question.pop("jwk")
    try:
        answer = operation(**question)
    except Exception as error:  # whatever it is, it is the answer
        answer = {"refused": repr(error)}
    print(json.dumps(answer), flush=True)
