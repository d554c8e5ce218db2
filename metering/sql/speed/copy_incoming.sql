COPY {incoming} ({columns}) FROM STDIN WITH (FORMAT csv)
