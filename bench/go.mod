module github.com/ecluse-ecole/ecluse/bench

go 1.26.0

require github.com/ecluse-ecole/ecluse v0.0.0

replace github.com/ecluse-ecole/ecluse => ../
