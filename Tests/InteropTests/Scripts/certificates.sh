#!/bin/sh
# Makes what the TLS tests need in directory $1: authorities, servers and clients that they have signed, and stores of every kind.
set -eu
cd "$1"
# Keys of elliptic curves are made at once, those of RSA are not: only the server has one.
curve="ec -pkeyopt ec_paramgen_curve:prime256v1"
authority() {
    openssl req -x509 -newkey $curve -nodes -keyout "$1.key" -out "$1.crt" -days 2 -subj "/CN=$1" -addext keyUsage=keyCertSign
}
# certificate NAME CA SUBJECT [DAYS [ALTERNATIVE_NAMES [KEY]]]
certificate() {
    openssl req -newkey ${6:-$curve} -nodes -utf8 -keyout "$1.key" -out "$1.csr" -subj "$3"
    printf 'subjectAltName=%s\n' "${5:-IP:127.0.0.1,DNS:localhost}" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "${4:-2}" -extfile "$1.ext" -out "$1.crt"
    cat "$1.key" "$1.crt" >"$1.pem"
}
authority ca
authority stranger-ca
certificate server ca /CN=localhost 2 IP:127.0.0.1,DNS:localhost rsa:2048
certificate alice ca '/C=DE/ST=Baden-Württemberg/O=Example, Inc./OU=R\+D/CN=alice/emailAddress=alice@example.org'
certificate bob ca /O=Example/CN=bob
certificate root ca /O=Example/CN=root
certificate stranger stranger-ca /O=Example/CN=alice
certificate expired ca /O=Example/CN=alice -1
certificate elsewhere ca /CN=elsewhere 2 DNS:elsewhere.example

# The server's key in other forms.
openssl pkcs12 -export -in server.crt -inkey server.key -out server.p12 -passout pass:secret
openssl rsa -aes256 -in server.key -out encrypted.key -passout pass:secret
cat encrypted.key server.crt >encrypted.pem
cat server.key bob.crt >mismatch.pem
if command -v keytool; then
    keytool -importkeystore -srckeystore server.p12 -srcstorepass secret -destkeystore server.jks -deststoretype JKS \
        -deststorepass secret
    keytool -importcert -noprompt -file ca.crt -alias ca -keystore trust.jks -storetype JKS -storepass secret
fi
cp ca.crt ca.pem
touch made
