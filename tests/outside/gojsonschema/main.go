// Checks documents by a schema: `gojsonschema SCHEMA [DOCUMENT...]`. Ends with 1 if one is refused, with 2 if the
// schema is.
package main

import (
	"fmt"
	"os"

	"github.com/xeipuuv/gojsonschema"
)

func main() {
	loader := gojsonschema.NewSchemaLoader()
	loader.Validate = true
	schema, err := loader.Compile(gojsonschema.NewReferenceLoader("file://" + os.Args[1]))
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	code := 0
	for _, path := range os.Args[2:] {
		result, err := schema.Validate(gojsonschema.NewReferenceLoader("file://" + path))
		if err != nil || !result.Valid() {
			fmt.Println(path, err, result)
			code = 1
		}
	}
	os.Exit(code)
}
