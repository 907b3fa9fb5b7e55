#!/bin/sh
# Makes what the TLS tests need in directory $1: a CA, a server and some clients of it, and a client of another CA.
set -eu
cd "$1"
authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.crt" -days 2 -subj "/CN=$1" -addext keyUsage=keyCertSign 2>/dev/null
}
# certificate NAME CA SUBJECT
certificate() {
    openssl req -newkey rsa:2048 -nodes -utf8 -keyout "$1.key" -out "$1.csr" -subj "$3" 2>/dev/null
    printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.crt" 2>/dev/null
    cat "$1.key" "$1.crt" >"$1.pem"
}
authority ca
authority stranger-ca
certificate server ca /CN=localhost
certificate alice ca '/C=DE/ST=Baden-Württemberg/O=Example, Inc./OU=R\+D/CN=alice/emailAddress=alice@example.org'
certificate bob ca /O=Example/CN=bob
certificate root ca /O=Example/CN=root
certificate stranger stranger-ca /O=Example/CN=alice
openssl pkcs12 -export -in server.crt -inkey server.key -out server.p12 -passout pass:secret
openssl rsa -aes256 -in server.key -out encrypted.key -passout pass:secret 2>/dev/null
cat encrypted.key server.crt >encrypted.pem
